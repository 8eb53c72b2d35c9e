import type { AnyExtension } from "@tiptap/core";
import { Code } from "@tiptap/extension-code";
import { CodeBlock } from "@tiptap/extension-code-block";
import { Link } from "@tiptap/extension-link";
import { StarterKit } from "@tiptap/starter-kit";
import { CommentMark, COMMENT_MARK } from "./commentMark.ts";
import { linkOf } from "./links.ts";

/** Each paragraph runs from the side on which its words begin; that is no matter of the document. */
const WRITTEN = { HTMLAttributes: { dir: "auto" } };

/** What the text may consist of; all else that is pasted or sent is left out. */
export function textExtensions(): AnyExtension[] {
  return [
    StarterKit.configure({
      paragraph: WRITTEN,
      heading: { ...WRITTEN, levels: [1, 2, 3] },
      code: false,
      codeBlock: false,
      link: false,
      underline: false,
      // The text has a history of its own, and with many people each would add a last paragraph.
      undoRedo: false,
      trailingNode: false,
      dropcursor: { class: "drop-cursor", color: false },
    }),
    // Code can have comments too.
    Code.extend({ excludes: "bold italic strike link" }),
    CodeBlock.extend({ marks: COMMENT_MARK }),
    SafeLink,
    CommentMark,
  ];
}

/** A link that has an address alone: what else is pasted could tell the page on which it was clicked. */
const SafeLink = Link.extend({
  // What is typed after it is no part of it.
  inclusive: false,
  addAttributes: () => ({ href: { default: "" } }),
}).configure({
  openOnClick: false,
  defaultProtocol: "https",
  isAllowedUri: (url) => linkOf(url) !== undefined,
});
