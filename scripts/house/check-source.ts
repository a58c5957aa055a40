import ts from 'typescript';

/** A form that may stand in its home only. */
export interface HouseRule {
  readonly name: string;
  /** What to use instead, for whoever breaks it. */
  readonly says: string;
  /** Cheap first look at the text; a file without it is not parsed. */
  readonly hint: RegExp;
  /** Which files it holds for. */
  readonly where: RegExp;
  /** Where the form is at home, or has a reason to be, which stands beside it. */
  readonly homes: readonly RegExp[];
  /** True for a node that is the form. */
  readonly matches: (node: ts.Node, source: ts.SourceFile) => boolean;
}

export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly says: string;
}

function holds(rule: HouseRule, path: string, text: string): boolean {
  const holdsHere = rule.where.test(path) && !rule.homes.some((home) => home.test(path));
  return holdsHere && rule.hint.test(text);
}

/** The violations in the text of one file; `path` is relative to the root of the repository. */
export function findingsIn(path: string, text: string, rules: readonly HouseRule[]): Finding[] {
  const held = rules.filter((rule) => holds(rule, path, text));
  if (held.length === 0) return [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const findings: Finding[] = [];
  const visit = (node: ts.Node): void => {
    for (const rule of held) {
      if (!rule.matches(node, source)) continue;
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      findings.push({ path, line: line + 1, rule: rule.name, says: rule.says });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return findings;
}
