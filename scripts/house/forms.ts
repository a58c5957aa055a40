import ts from 'typescript';
import type { HouseRule } from './check-source.ts';

type Matches = HouseRule['matches'];

/** A call of `object.method(…)`, such as `JSON.parse(…)`. */
export function callOf(object: string, method: string): Matches {
  return (node) =>
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.name.text === method &&
    node.expression.expression.getText() === object;
}

/** One of these members of an object, such as `process.stdout`, whatever is done with it. */
export function memberOf(object: string, names: readonly string[]): Matches {
  return (node) =>
    ts.isPropertyAccessExpression(node) &&
    names.includes(node.name.text) &&
    node.expression.getText() === object;
}

/** An import of one of these names from one of these modules, under whatever name. */
export function importOf(modules: readonly string[], names: readonly string[]): Matches {
  return (node) =>
    ts.isImportSpecifier(node) &&
    names.includes((node.propertyName ?? node.name).text) &&
    ts.isStringLiteral(node.parent.parent.parent.moduleSpecifier) &&
    modules.includes(node.parent.parent.parent.moduleSpecifier.text);
}

/** An import of anything from a module. */
export function importFrom(module: string): Matches {
  return (node) =>
    ts.isImportDeclaration(node) &&
    ts.isStringLiteral(node.moduleSpecifier) &&
    node.moduleSpecifier.text === module;
}

/** A function of one of these names, however it is declared. */
export function functionNamed(names: readonly string[]): Matches {
  return (node) => {
    if (ts.isFunctionDeclaration(node)) return names.includes(node.name?.text ?? '');
    return (
      ts.isVariableDeclaration(node) &&
      ts.isIdentifier(node.name) &&
      names.includes(node.name.text) &&
      node.initializer !== undefined &&
      (ts.isArrowFunction(node.initializer) || ts.isFunctionExpression(node.initializer))
    );
  };
}

/** True when the last argument of a call is this number. */
export function endsWithNumber(node: ts.Node, number: string): boolean {
  const last = ts.isCallExpression(node) ? node.arguments.at(-1) : undefined;
  return last !== undefined && ts.isNumericLiteral(last) && last.text === number;
}

/** A text that starts a program of this name. */
export function startOf(program: string): Matches {
  return (node) =>
    ts.isCallExpression(node) &&
    node.arguments[0] !== undefined &&
    ts.isStringLiteralLike(node.arguments[0]) &&
    node.arguments[0].text === program;
}

/** The text of a literal that has this in it. */
export function literalWith(pattern: RegExp): Matches {
  return (node) =>
    (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) && pattern.test(node.text);
}
