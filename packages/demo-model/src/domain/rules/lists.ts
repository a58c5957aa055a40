import { clipLine, plural } from '../text/clip.ts';
import type { Rule } from './rule.ts';

const listing =
  /\b(?:list|name|which|what|how many|count|show)\b[^\n]{0,60}\b(?:files|attachments|file names|filenames)\b|\b(?:list|name)\b[^\n]{0,60}\b(?:file|attachment)\b/i;
/** These are about what is in the files. */
const inside =
  /\b(?:words?|lines?|characters?|chars?|letters?|bytes|summar\w*|contents?|contain|say)\b/i;

/** Most names that are listed. */
const maxListed = 200;

/** Lists what is attached. */
export const listsRule: Rule = ({ masked, whole }) => {
  if (!listing.test(masked) || inside.test(masked)) return [];
  const { attachments } = whole;
  if (attachments.length === 0) return ['No files are attached.'];
  const lines = attachments
    .slice(0, maxListed)
    .map(
      (file) =>
        `- ${clipLine(file.name, 200)} (${clipLine(file.type, 80)}, ${plural(file.bytes, 'byte')})`,
    );
  const more = attachments.length - lines.length;
  const end = more > 0 ? [`- and ${plural(more, 'more file')}`] : [];
  return [[`${plural(attachments.length, 'file')} attached:`, ...lines, ...end].join('\n')];
};
