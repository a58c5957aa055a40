/** A text file of the repository. */
export interface TextFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface CitationRules {
  /** Most bytes of all pages of the reference together. */
  readonly maxReferenceBytes: number;
  /** The page that lists the requirement ids. */
  readonly requirementsPage: string;
}

const referenceFolder = 'docs/reference/';
/** Pages that comments cite: those of the reference, and the generated one of the variables. */
const citation = /docs\/(?<page>(?:reference\/[\w-]+|environment)\.md)(?:#(?<anchor>[\w-]+))?/g;
const requirement = /REQ-[A-Z]+-\d{4}/g;
/** A document that readers of the repository do not have. */
const foreign = /\bcontracts?\s+(?:\*\s+|\/\/\s+)?(?:0\d\b|decision \d)/gi;
const link = /\]\((?<target>[^()\s#]*)(?:#(?<anchor>[^()\s]+))?\)/g;

/** The anchor a heading gets on the usual hosts: lower case, blanks as dashes, punctuation dropped. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

function anchorsOf(text: string): ReadonlySet<string> {
  const prose = text.replaceAll(/^```[^]*?^```/gm, '');
  return new Set(
    [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)),
  );
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** `a/b.md` and `../c.md` give `c.md`; undefined when it leaves the repository. */
function resolved(from: string, target: string): string | undefined {
  const parts = from.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

type Anchors = ReadonlyMap<string, ReadonlySet<string>>;

function citationFaults({ path, text }: TextFile, pages: Anchors): string[] {
  return [...text.matchAll(citation)].flatMap((match) => {
    const { page = '', anchor } = match.groups ?? {};
    const anchors = pages.get(`docs/${page}`);
    const where = `${path}:${lineOf(text, match.index)}: ${match[0]}`;
    if (anchors === undefined) return [`${where}: there is no such page`];
    if (anchor !== undefined && !anchors.has(anchor)) return [`${where}: no such heading`];
    return [];
  });
}

/** Links between Markdown files; those to other files and to the outside are left alone. */
function linkFaults({ path, text }: TextFile, pages: Anchors): string[] {
  if (!path.endsWith('.md')) return [];
  return [...text.matchAll(link)].flatMap((match) => {
    const { target = '', anchor } = match.groups ?? {};
    if (target.includes(':') || (target !== '' && !target.endsWith('.md'))) return [];
    const page = target === '' ? path : resolved(path, target);
    const anchors = page === undefined ? undefined : pages.get(page);
    const where = `${path}:${lineOf(text, match.index)}: ${match[0].slice(1)}`;
    if (anchors === undefined) return [`${where}: there is no such page`];
    if (anchor !== undefined && !anchors.has(anchor)) return [`${where}: no such heading`];
    return [];
  });
}

function requirementFaults({ path, text }: TextFile, listed: ReadonlySet<string>): string[] {
  return [...text.matchAll(requirement)]
    .filter(([id]) => !listed.has(id))
    .map(({ 0: id, index }) => `${path}:${lineOf(text, index)}: ${id} is not listed`);
}

function foreignFaults({ path, text }: TextFile): string[] {
  return [...text.matchAll(foreign)].map(
    ({ 0: words, index }) =>
      `${path}:${lineOf(text, index)}: "${words}" cites what readers do not have; cite docs/reference`,
  );
}

function sizeFaults(files: readonly TextFile[], maxBytes: number): string[] {
  const pages = files.filter(({ path }) => path.startsWith(referenceFolder));
  const bytes = pages.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (bytes <= maxBytes) return [];
  return [`${referenceFolder} has ${bytes} bytes, at most ${maxBytes} are allowed`];
}

/** Every citation, requirement id and link that leads nowhere, one line each. */
export function findFaults(files: readonly TextFile[], rules: CitationRules): readonly string[] {
  const pages = new Map(
    files
      .filter(({ path }) => path.endsWith('.md'))
      .map(({ path, text }) => [path, anchorsOf(text)]),
  );
  const index = files.find(({ path }) => path === rules.requirementsPage)?.text ?? '';
  const listed = new Set(index.match(requirement));
  return [
    ...files.flatMap((file) => [
      ...citationFaults(file, pages),
      ...linkFaults(file, pages),
      ...requirementFaults(file, listed),
      ...foreignFaults(file),
    ]),
    ...sizeFaults(files, rules.maxReferenceBytes),
  ];
}
