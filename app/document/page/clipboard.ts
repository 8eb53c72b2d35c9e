import { Extension } from "@tiptap/core";
import { DOMParser, Fragment, Slice, type ParseOptions, type ResolvedPos } from "@tiptap/pm/model";
import { Plugin } from "@tiptap/pm/state";
import { textOf } from "./copiedText.ts";
import { filesIn, leaveOut, wordsOf } from "./leftOut.ts";
import { keepBlocks } from "./pastedBlocks.ts";
import { applyStyles, withoutStyles } from "./pastedHtml.ts";
import { writeSigns } from "./pastedSigns.ts";
import { flattenTables } from "./pastedTables.ts";

/** Pastes and copies as much as a text can hold, and says what it cannot. */
export const Clipboard = Extension.create<{ onLeftOut: (words: string) => void }>({
  name: "clipboard",
  // Before links, which take pasted addresses for themselves.
  priority: 1100,
  addOptions: () => ({ onLeftOut: () => undefined }),
  addProseMirrorPlugins() {
    const { onLeftOut } = this.options;
    const { schema } = this.editor;
    const parser = new PastedHtmlParser(schema, DOMParser.fromSchema(schema).rules);
    /** Says what was left out; true where nothing is left to insert. */
    const isNothingLeft = (slice: Slice, data: DataTransfer | null): boolean => {
      const { content } = slice;
      const isNothing = content.textBetween(0, content.size, "", "-") === "";
      // What comes with a text, such as a picture of it, is no part of what is meant.
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

/** Makes of pasted HTML what a text can hold, before it is read. */
class PastedHtmlParser extends DOMParser {
  /** About what was left out; empty where that is nothing. */
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

/** A paragraph for each line of a text, also for those that are blank. */
function pastedLines(text: string, $context: ResolvedPos): Slice {
  const { schema } = $context.doc.type;
  const paragraphs = text.split(/\r\n?|\n/).map((line) => {
    const content = line === "" ? undefined : schema.text(line, $context.marks());
    return schema.node("paragraph", null, content);
  });
  return Slice.maxOpen(Fragment.from(paragraphs));
}
