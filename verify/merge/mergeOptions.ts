import { Command } from "commander";
import { z } from "zod";
import { parseSettings, type Values } from "../../app/contract/settings.ts";
import { parseCommandLine } from "../../terminal/commandLine.ts";
import { addFileOptions, FILE_RULES, optionName } from "../options.ts";

const RULES = {
  reports: z
    .tuple([z.string(), z.string()], z.string())
    .meta({ description: "two or more reports", example: "office.json home.json" }),
  ...FILE_RULES,
};

export type MergeOptions = Values<typeof RULES>;

/**
 * Reads the arguments of `npm run verify -- merge`.
 *
 * @param commandName how the command is called, for its help and its errors
 * @returns undefined when the person only asked for help
 * @throws SettingsError naming every fault
 */
export function readMergeOptions(
  args: readonly string[],
  commandName: string,
): MergeOptions | undefined {
  const command = new Command(commandName)
    .description("Merges reports of runs from several networks, with one verdict on all of them.")
    .argument("<reports...>", "files that --json has written");
  addFileOptions(command);
  return parseCommandLine(command, args)
    ? parseSettings(RULES, { reports: command.args, ...command.opts() }, (name) =>
        name === "reports" ? "reports" : optionName(name),
      )
    : undefined;
}
