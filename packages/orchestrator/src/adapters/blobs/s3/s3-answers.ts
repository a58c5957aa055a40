import { oneLine } from '@cynodeai/runtime/std';

/** An object as a list of the service names it. */
export interface ListedObject {
  readonly key: string;
  readonly modifiedAt: Date;
}

/** One page of a list. */
export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** There are more behind the last of them. */
  readonly isCut: boolean;
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** Text of an element; only what a service writes into keys, tokens and codes is read. */
function unescaped(text: string): string {
  return text.replaceAll(
    /&(?:#(?<decimal>\d{1,7})|(?<name>[a-z]{2,4}));/g,
    (all, decimal, name) => {
      if (name !== undefined) return entities[name] ?? all;
      const point = Number(decimal);
      return point <= 0x10_ff_ff ? String.fromCodePoint(point) : all;
    },
  );
}

/** Text of the first element of that name from a place on. */
function elementIn(xml: string, name: string, from = 0): string | undefined {
  const opening = `<${name}>`;
  const start = xml.indexOf(opening, from);
  if (start < 0) return undefined;
  const end = xml.indexOf(`</${name}>`, start);
  return end < 0 ? undefined : unescaped(xml.slice(start + opening.length, end));
}

/** Reads the answer of ListObjects. @throws Error for one of another form */
export function readPage(xml: string): ListedPage {
  if (elementIn(xml, 'IsTruncated') === undefined) throw new Error('it sent no list of objects');
  const objects: ListedObject[] = [];
  const closing = '</Contents>';
  let at = xml.indexOf('<Contents>');
  while (at >= 0) {
    const end = xml.indexOf(closing, at);
    if (end < 0) throw new Error('it sent a list that is cut off');
    const one = xml.slice(at, end);
    const key = elementIn(one, 'Key');
    const modifiedAt = new Date(elementIn(one, 'LastModified') ?? '');
    if (key !== undefined && !Number.isNaN(modifiedAt.getTime())) objects.push({ key, modifiedAt });
    at = xml.indexOf('<Contents>', end);
  }
  return { objects, isCut: elementIn(xml, 'IsTruncated') === 'true' };
}

/** What a refusal says of itself, fit for a line of a log; undefined when it says nothing. */
export function readRefusal(xml: string): string | undefined {
  const code = elementIn(xml, 'Code');
  if (code === undefined) return undefined;
  const message = elementIn(xml, 'Message') ?? '';
  // Foreign text: no control characters, and not much of it.
  return oneLine(`${code}: ${message}`)
    .replaceAll(/[^\u0020-\u007e]/g, '?')
    .slice(0, 200);
}
