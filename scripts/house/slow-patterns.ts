import { analyse } from 'scslre';
import ts from 'typescript';
import type { HouseRule } from './check-source.ts';

/**
 * A regular expression with a text for which it takes more than linear time: whoever may send that text can hold up the
 * process that reads it.
 */
export const isSlowPattern: HouseRule['matches'] = (node) => {
  if (!ts.isRegularExpressionLiteral(node)) return false;
  const end = node.text.lastIndexOf('/');
  const literal = { source: node.text.slice(1, end), flags: node.text.slice(end + 1) };
  return analyse(literal).reports.length > 0;
};
