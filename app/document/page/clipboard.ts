import { Extension } from "@tiptap/core";
import { DOMParser, Fragment, Slice, type ParseOptions, type ResolvedPos } from "@tiptap/pm/model";
import { Plugin } from "@tiptap/pm/state";
import { textOf } from "./copiedText.ts";
import { filesIn, leaveOut, wordsOf } from "./leftOut.ts";
import { keepBlocks } from "./pastedBlocks.ts";
import { applyStyles, withoutStyles } from "./pastedHtml.ts";
import { writeSigns } from "./pastedSigns.ts";
import { flattenTables } from "./pastedTables.ts";

/** Pastes and copies what a text can contain, and reports what was left out. */
export const Clipboard = Extension.create<{ onLeftOut: (words: string) => void }>({
  name: "clipboard",
  // Runs before the extension of links, which would handle pasted addresses itself.
  priority: 1100,
  addOptions: () => ({ onLeftOut: () => undefined }),
  addProseMirrorPlugins() {
    const { onLeftOut } = this.options;
    const { schema } = this.editor;
    const parser = new PastedHtmlParser(schema, DOMParser.fromSchema(schema).rules);
    /** Reports what was left out; true if that was everything. */
    const isNothingLeft = (slice: Slice, data: DataTransfer | null): boolean => {
      const { content } = slice;
      const isNothing = content.textBetween(0, content.size, "", "-") === "";
      // A file that comes with a text, such as a picture of it, is only another form of it.
      const files = isNothing && parser.words === "" && data !== null ? filesIn(data) : undefined;
      const words = parser.words || wordsOf(files);
      parser.words = "";
      onLeftOut(words);
      return isNothing && words !== "";
    };
    return [
      new Plugin({
        props: {
          transformPastedHTML: withoutStyles,
          clipboardParser: parser,
          clipboardTextParser: pastedLines,
          clipboardTextSerializer: (_slice, { state }) => textOf(state.selection),
          handlePaste: (_view, { clipboardData }, slice) => isNothingLeft(slice, clipboardData),
          handleDrop: (_view, { dataTransfer }, slice) => isNothingLeft(slice, dataTransfer),
        },
      }),
    ];
  },
});

/** Reduces pasted HTML to what a text can contain before it is parsed. */
class PastedHtmlParser extends DOMParser {
  /** Describes what was left out; empty if nothing was. */
  words = "";

  override parseSlice(pasted: HTMLElement, options?: ParseOptions): Slice {
    applyStyles(pasted);
    writeSigns(pasted);
    const leftOut = leaveOut(pasted);
    const tables = flattenTables(pasted);
    keepBlocks(pasted);
    this.words = wordsOf(leftOut, tables);
    return super.parseSlice(pasted, options);
  }
}

/** Makes a paragraph of each line of a text, including blank ones. */
function pastedLines(text: string, $context: ResolvedPos): Slice {
  const { schema } = $context.doc.type;
  const paragraphs = text.split(/\r\n?|\n/).map((line) => {
    const content = line === "" ? undefined : schema.text(line, $context.marks());
    return schema.node("paragraph", null, content);
  });
  return Slice.maxOpen(Fragment.from(paragraphs));
}
