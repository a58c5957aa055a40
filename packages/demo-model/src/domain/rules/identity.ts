import { whatItCanDo, whoItIs } from '../what-it-is.ts';
import type { Rule } from './rule.ts';

const who =
  /\b(?:which|what)\s+(?:\w+\s+)?(?:model|llm|ai)\b|\bwho\s+(?:are|r)\s+(?:you|u)\b|\bwhat\s+are\s+you\b|\byour\s+name\b|\bintroduce\s+yourself\b|\bare\s+you\s+(?:an?\s+)?(?:\w+\s+)?(?:ai|llm|model|neural\s+network|human|person|robot|bot|gpt|chatgpt|claude|llama|ollama|cynode-demo|demo)\b/i;
const what = /\bwhat\s+(?:can|do)\s+you\s+(?:do|know)\b|\bhow\s+can\s+you\s+help\b|^\W*help\W*$/i;

/** Says what it is, and what it can do. */
export const identityRule: Rule = ({ masked }) => {
  if (what.test(masked)) return [`${whoItIs} ${whatItCanDo}`];
  return who.test(masked) ? [whoItIs] : [];
};
