import ts from 'typescript';

/** Whose matter HTTP is: the edges, and the clients of other services. Everybody else speaks of outcomes and codes. */
const edges = ['http', 'nodes', 'models', 'orchestrator', 'inference', 'relay', 'wire'];
const inner = new RegExp(
  String.raw`^packages/[^/]+/src/(?:domain|app|ports|adapters/(?!(?:${edges.join('|')}|container/docker)/))`,
);

const statusName = /^(?:http)?_?status(?:_?code)?$/i;

function isStatus(node: ts.Node): boolean {
  if (ts.isIdentifier(node) || ts.isStringLiteral(node)) return statusName.test(node.text);
  return ts.isPropertyAccessExpression(node) && statusName.test(node.name.text);
}

/** An HTTP number, also behind a condition: `isNew ? 201 : 200`. */
function findNumber(node: ts.Node | undefined): ts.Node | undefined {
  if (node === undefined) return undefined;
  if (ts.isNumericLiteral(node)) {
    const value = Number(node.text);
    return Number.isInteger(value) && value >= 100 && value <= 599 ? node : undefined;
  }
  if (ts.isParenthesizedExpression(node)) return findNumber(node.expression);
  if (!ts.isConditionalExpression(node)) return undefined;
  return findNumber(node.whenTrue) ?? findNumber(node.whenFalse);
}

/** The number that this node gives to a status, or compares with one. */
function numberOfStatus(node: ts.Node): ts.Node | undefined {
  if (ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node) || ts.isParameter(node)) {
    return isStatus(node.name) ? findNumber(node.initializer) : undefined;
  }
  if (ts.isBinaryExpression(node)) {
    if (isStatus(node.left)) return findNumber(node.right);
    return isStatus(node.right) ? findNumber(node.left) : undefined;
  }
  const isCase = ts.isCaseClause(node) && isStatus(node.parent.parent.expression);
  return isCase ? findNumber(node.expression) : undefined;
}

/** Where a file of an inner layer knows the number of an HTTP status, as `path:line`; a test may. */
export function httpNumbers(path: string, text: string): readonly string[] {
  if (!inner.test(path) || path.endsWith('.test.ts')) return [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const number = numberOfStatus(node);
    if (number !== undefined) {
      const { line } = source.getLineAndCharacterOfPosition(number.getStart());
      found.push(`${path}:${line + 1}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
