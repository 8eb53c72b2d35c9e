import { Mark } from "@tiptap/core";

export const COMMENT_MARK = "comment";

/** Says which comment a passage belongs to; passages may overlap, and what is typed at the end is outside. */
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
