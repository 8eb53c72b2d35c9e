import { CommanderError, type Command } from "commander";
import { SettingsError } from "../app/contract/settings.ts";
import { cut } from "../app/contract/shown.ts";

/**
 * Parses the arguments that a command declares; rules check their values afterwards.
 *
 * @returns false when the person only asked for help
 * @throws SettingsError naming what was not understood, and what is allowed
 */
export function parseCommandLine(command: Command, args: readonly string[]): boolean {
  let help = "";
  command
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: (part) => (help += part), writeErr: () => undefined })
    .exitOverride();
  try {
    command.parse(args, { from: "user" });
    return true;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      // At once, because a reader such as head may close the pipe after the first part.
      process.stdout.write(help);
      return false;
    }
    const message = error instanceof Error ? error.message : String(error);
    const said = cut(message.replace(/^error: /, "").replace(/\.$/, ""));
    const allowed = [
      ...command.registeredArguments.map((argument) => `<${argument.name()}>`),
      ...command.options.map(({ flags }) => flags),
    ];
    throw new SettingsError({
      name: command.name(),
      problem: `was not understood: ${said}`,
      mustBe: `called with ${allowed.join(", ")}`,
    });
  }
}
