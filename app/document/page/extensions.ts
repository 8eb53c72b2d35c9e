import type { AnyExtension } from "@tiptap/core";
import { Code } from "@tiptap/extension-code";
import { CodeBlock } from "@tiptap/extension-code-block";
import { Link } from "@tiptap/extension-link";
import { StarterKit } from "@tiptap/starter-kit";
import { CommentMark, COMMENT_MARK } from "./commentMark.ts";
import { linkOf } from "./links.ts";

/** Makes the direction of each paragraph follow its text; the document does not store it. */
const WRITTEN = { HTMLAttributes: { dir: "auto" } };

/** What the text may contain; anything else that is pasted or received is left out. */
export function textExtensions(): AnyExtension[] {
  return [
    StarterKit.configure({
      paragraph: WRITTEN,
      heading: { ...WRITTEN, levels: [1, 2, 3] },
      code: false,
      codeBlock: false,
      link: false,
      underline: false,
      // Yjs has its own undo history, and each person's editor would add a trailing paragraph.
      undoRedo: false,
      trailingNode: false,
      dropcursor: { class: "drop-cursor", color: false },
    }),
    // Code may have comments, too.
    Code.extend({ excludes: "bold italic strike link" }),
    CodeBlock.extend({ marks: COMMENT_MARK }),
    SafeLink,
    CommentMark,
  ];
}

/** A link with an address alone: other pasted attributes could reveal the page on which it is clicked. */
const SafeLink = Link.extend({
  // Text that is typed after a link is not part of it.
  inclusive: false,
  addAttributes: () => ({ href: { default: "" } }),
}).configure({
  openOnClick: false,
  defaultProtocol: "https",
  isAllowedUri: (url) => linkOf(url) !== undefined,
});
