import { Mark } from "@tiptap/core";

export const COMMENT_MARK = "comment";

/** Marks the passage of a comment. Passages may overlap, and text that is typed at the end of one is outside of it. */
export const CommentMark = Mark.create({
  name: COMMENT_MARK,
  inclusive: false,
  excludes: "",
  addAttributes: () => ({
    id: {
      default: "",
      parseHTML: (element) => element.dataset.comment ?? "",
      renderHTML: ({ id }: Partial<Record<string, unknown>>) => ({ "data-comment": String(id) }),
    },
  }),
  parseHTML: () => [{ tag: "span[data-comment]" }],
  renderHTML: ({ HTMLAttributes }) => ["span", HTMLAttributes, 0],
});
