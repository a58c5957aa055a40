import type { Attachment } from '../text/attachments.ts';
import type { Asked } from './rule.ts';

/** Longest name that is looked for in a question. */
const maxNameLength = 255;

/** The attachments that a question names, else all of them. */
export function pickAttachments({ text, whole }: Asked): readonly Attachment[] {
  const asked = text.toLowerCase();
  const named = whole.attachments.filter(
    ({ name }) => name.length <= maxNameLength && asked.includes(name.toLowerCase()),
  );
  return named.length > 0 ? named : whole.attachments;
}
