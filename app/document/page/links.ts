/** The beginning of a link; scripts, files and the like are not allowed. */
const ALLOWED = /^(?:https?:\/\/|mailto:)[^\s]/i;

/** An address without a scheme, such as `example.com/path`. */
const WITHOUT_SCHEME = /^[^\s:/?#@]+\.[^\s:/?#@]{2,}(?:[/?#]\S*)?$/;

const MAIL_ADDRESS = /^[^\s:/?#@]+@[^\s:/?#@]+\.[^\s:/?#@]{2,}$/;

/** True if a link may have this URL. */
export function isAllowedLink(url: string): boolean {
  return ALLOWED.test(url) && URL.canParse(url);
}

/** Completes a typed address to a URL; undefined if that is not allowed. */
export function linkOf(typed: string): string | undefined {
  const text = typed.trim();
  const url = MAIL_ADDRESS.test(text)
    ? `mailto:${text}`
    : WITHOUT_SCHEME.test(text)
      ? `https://${text}`
      : text;
  return isAllowedLink(url) ? url : undefined;
}
