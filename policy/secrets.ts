import { lintSource } from "@secretlint/core";
import { rules } from "@secretlint/secretlint-rule-preset-recommend";

/** Tokens as the services that give them write them; without comments in a text by which it would be passed over. */
const CONFIG = {
  rules: rules
    .filter(({ meta }) => meta.id !== "@secretlint/secretlint-rule-filter-comments")
    .map((rule) => ({ id: rule.meta.id, rule, options: {} })),
};

/** Values that give access, too: a URL with a password, a private key, an AWS access key, a JSON Web Token. */
const ACCESS =
  /:\/\/[^\s/:@]*:[^\s/@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(AKIA|ASIA)[A-Z\d]{16}\b|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\./;

/** Names that say of what they hold that nobody may read it. */
const NAME =
  /password|passwd|passphrase|(^|[_.-]|pg)pass([_.-]|$)|(^|[_.-])pw([_.-]|$)|[_.-]pwd([_.-]|$)|secret|token|credential|(private|api|access|encryption|signing|session|jwt|master)[_.-]?key|database_url/i;

/** Those that say it at their end, among names that say of a secret where it is or what it is like. */
const NAME_AT_END =
  /(password|passwd|passphrase|secret|token|credentials?|(private|api|access|encryption|signing|session|jwt|master)[_.-]?key|(^|[_.-])(authorization|pass|pw)|[_.-]pwd)$/i;

/** Where a secret is: in a file, in another variable, or nowhere. */
const ELSEWHERE = /^["']?(\$|$)|^(true|false)$/;
const FILE_NAME = /(file|path|dir)$/i;

/** Letters and digits in a row of which only chance makes so many changes of kind, as a part of the length. */
const RANDOM = /^["']?[A-Za-z\d+/_-]{20,}={0,2}["']?$/;
const CHANGES = 0.3;

/** Whether a value is a secret by the name that it has. */
export function isSecretByName(name: string, value: string, names = NAME): boolean {
  const isFile = FILE_NAME.test(name) && /^\.{0,2}\//.test(value);
  return names.test(name) && !isFile && !ELSEWHERE.test(value.trim());
}

/** Whether a setting in a text, an option or an annotation is a secret by its name. */
export function isSecretSetting(name: string, value: string): boolean {
  return isSecretByName(name, value, NAME_AT_END);
}

/** Whether text has a secret in it, whatever it is called. */
export async function hasSecret(text: string): Promise<boolean> {
  if (ACCESS.test(text) || isRandom(text.trim())) {
    return true;
  }
  const { messages } = await lintSource({
    source: { filePath: "text", content: text, ext: "", contentType: "text" },
    options: { config: CONFIG, noPhysicFilePath: true },
  });
  return messages.length > 0;
}

/** The settings in a text, such as a file of them or a command line: `name=value`, `name: value`. */
export function settingsIn(text: string): { name: string; value: string }[] {
  return [...text.matchAll(/["']?([\w.-]{1,100})["']?\s*[=:]\s*("[^"]*"|'[^']*'|[^\s;&|,]+)/g)].map(
    ([, name = "", value = ""]) => ({ name, value }),
  );
}

function isRandom(text: string): boolean {
  if (!RANDOM.test(text)) {
    return false;
  }
  const kinds = (text.match(/[A-Za-z\d]/g) ?? []).map((character) =>
    /\d/.test(character) ? "digit" : /[a-z]/.test(character) ? "small" : "capital",
  );
  const changes = kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
  return new Set(kinds).size === 3 && changes >= CHANGES * kinds.length;
}
