import { lintSource } from "@secretlint/core";
import { rules } from "@secretlint/secretlint-rule-preset-recommend";

/** Rules for tokens of known services; without the rule that lets comments in a text disable them. */
const CONFIG = {
  rules: rules
    .filter(({ meta }) => meta.id !== "@secretlint/secretlint-rule-filter-comments")
    .map((rule) => ({ id: rule.meta.id, rule, options: {} })),
};

/** Other values that give access: a URL with a password, a private key, an AWS access key, a JSON Web Token. */
const ACCESS =
  /:\/\/[^\s/:@]*:[^\s/@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(AKIA|ASIA)[A-Z\d]{16}\b|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\./;

/** Names of secrets. */
const NAME =
  /password|passwd|passphrase|(^|[_.-]|pg)pass([_.-]|$)|(^|[_.-])pw([_.-]|$)|[_.-]pwd([_.-]|$)|secret|token|credential|(private|api|access|encryption|signing|session|jwt|master)[_.-]?key|database_url/i;

/** Names that end like those of secrets; others describe a secret, such as its length or its place. */
const NAME_AT_END =
  /(password|passwd|passphrase|secret|token|credentials?|(private|api|access|encryption|signing|session|jwt|master)[_.-]?key|(^|[_.-])(authorization|pass|pw)|[_.-]pwd)$/i;

/** Values and names that only refer to a secret: another variable, or a file. */
const ELSEWHERE = /^["']?(\$|$)|^(true|false)$/;
const FILE_NAME = /(file|path|dir)$/i;

/** Long words, and the fraction of changes between kinds of characters from which they count as random. */
const RANDOM = /^["']?[A-Za-z\d+/_-]{20,}={0,2}["']?$/;
const CHANGES = 0.3;

/** Whether the name of a value makes it a secret. */
export function isSecretByName(name: string, value: string, names = NAME): boolean {
  const isFile = FILE_NAME.test(name) && /^\.{0,2}\//.test(value);
  return names.test(name) && !isFile && !ELSEWHERE.test(value.trim());
}

/** Whether the name of a setting in a text, of an option or of an annotation makes it a secret. */
export function isSecretSetting(name: string, value: string): boolean {
  return isSecretByName(name, value, NAME_AT_END);
}

/** Whether text contains a secret, whatever its name. */
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

/** The settings in a text, such as a file or a command line: `name=value`, `name: value`. */
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
