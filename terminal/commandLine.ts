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
  command
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  try {
    command.parse(args, { from: "user" });
    return true;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
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
