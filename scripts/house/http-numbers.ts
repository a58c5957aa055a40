import ts from 'typescript';

/** Whose matter HTTP is: the edges, and the clients of other services. */
const edges = ['http', 'nodes', 'models', 'orchestrator', 'inference', 'relay', 'wire'];

/** Everybody else, who speaks of outcomes and codes; a test may name numbers. */
export const withoutHttp = new RegExp(
  String.raw`^packages/[^/]+/src/(?!.*\.test\.ts$)(?:domain|app|ports|adapters/(?!(?:${edges.join('|')}|container/docker|blobs/s3)/))`,
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

/** The number of an HTTP status that this node gives, or compares with one. */
export function numberOfStatus(node: ts.Node): ts.Node | undefined {
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
