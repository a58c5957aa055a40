import type { ModelTool, OllamaToolCall } from '@cynodeai/contracts/model';
import { answerPrompt, readPrompt } from './answer-prompt.ts';
import { findCommandTool } from './rules/command-tool.ts';
import { readQuestion } from './text/question.ts';

/** One message, as far as the rules look at it. */
export interface RuleMessage {
  readonly role: string;
  readonly content: string;
}

/** What the model says next: words, calls of tools, or both. */
export interface Reply {
  readonly text: string;
  readonly calls: readonly OllamaToolCall[];
}

/** Most calls that are asked for at once. */
const maxCalls = 20;
/** Longest output of a command that is passed on, in UTF-16 units. */
const maxOutput = 16_000;

function shown(output: string): string {
  const text = output.trimEnd();
  if (text === '') return 'printed nothing.';
  if (text.length <= maxOutput) return `printed:\n${text}`;
  return `printed (the first ${maxOutput} characters):\n${text.slice(0, maxOutput)}`;
}

/**
 * The next reply in a conversation: answers the last message of the user. Where it names commands and a tool runs
 * them, the tool is called first; once results are there it answers and calls nothing more.
 */
export function answerConversation(
  messages: readonly RuleMessage[],
  tools: readonly ModelTool[],
): Reply {
  const last = messages.findLastIndex((message) => message.role === 'user');
  const user = messages[last];
  const prompt = readPrompt(readQuestion(user?.content ?? ''));
  const results = messages.slice(last + 1).filter((message) => message.role === 'tool');
  const tool = findCommandTool(tools);
  if (tool !== undefined && prompt.commands.length > 0 && results.length === 0) {
    const calls = prompt.commands.slice(0, maxCalls).map(({ command }) => tool.call(command));
    return { text: '', calls };
  }
  const text = answerPrompt(prompt, (command, index) => {
    const result = results[index];
    if (result !== undefined) return `\`${command}\` ${shown(result.content)}`;
    if (results.length > 0) return `\`${command}\` was not run.`;
    return tools.length > 0
      ? `I cannot run \`${command}\`: no tool on offer runs commands.`
      : `I cannot run \`${command}\` here. Give commands to the task with --commands and they run in a sandbox.`;
  });
  return { text, calls: [] };
}
