/** What a link may begin with; scripts, files and the like are none. */
const ALLOWED = /^(?:https?:\/\/|mailto:)[^\s]/i;

/** Such as `example.com/path`, as people write it. */
const WITHOUT_SCHEME = /^[^\s:/?#@]+\.[^\s:/?#@]{2,}(?:[/?#]\S*)?$/;

const MAIL_ADDRESS = /^[^\s:/?#@]+@[^\s:/?#@]+\.[^\s:/?#@]{2,}$/;

/** True if a link may lead there. */
export function isAllowedLink(url: string): boolean {
  return ALLOWED.test(url) && URL.canParse(url);
}

/** The link that somebody means, or undefined if it is none that is allowed. */
export function linkOf(typed: string): string | undefined {
  const text = typed.trim();
  const url = MAIL_ADDRESS.test(text)
    ? `mailto:${text}`
    : WITHOUT_SCHEME.test(text)
      ? `https://${text}`
      : text;
  return isAllowedLink(url) ? url : undefined;
}
