/**
 * The grammar of image references, with the names that it gives its parts; digest algorithms are those that OCI registers.
 *
 * Sources: https://github.com/distribution/reference/blob/main/reference.go,
 * https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
 */
const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const HOST = String.raw`(?:${LABEL}(?:\.${LABEL})*|\[[a-fA-F0-9:]+\])`;
const COMPONENT = String.raw`[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`;
const NAME = `(?:${HOST}(?::[0-9]+)?/)?${COMPONENT}(?:/${COMPONENT})*(?<!.{256})`;
const TAG = String.raw`\w[\w.-]{0,127}`;
const DIGEST = "(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})";

/** An image reference with a tag, a digest or both; one without either would mean the tag `latest`. */
export const IMAGE_REFERENCE = new RegExp(`^${NAME}(?=[:@])(?::(?<tag>${TAG}))?(?:@${DIGEST})?$`);

/** Whether an image's tag begins with an older version; a major version alone means its last minor version. */
export function isOlder(reference: string, major: number, minor: number): boolean {
  const { tag = "" } = IMAGE_REFERENCE.exec(reference)?.groups ?? {};
  const version = /^v?(?<major>\d+)(?:\.(?<minor>\d+))?/.exec(tag)?.groups;
  const ownMajor = Number(version?.major ?? major);
  return ownMajor < major || (ownMajor === major && Number(version?.minor ?? Infinity) < minor);
}
