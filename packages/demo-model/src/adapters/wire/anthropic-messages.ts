import { type AnthropicRequest, anthropicRequestSchema } from '@cynodeai/contracts/model';
import { randomUUID } from 'node:crypto';
import type { ModelBackend, ModelMessage, ModelQuestion } from '../../ports/model-backend.ts';
import { askWhole } from './ask-whole.ts';
import type { WholeAnswer } from './collect.ts';
import { eventSender } from './events.ts';
import { type ModelCall, sendJson } from './model-call.ts';
import { openAiOptions } from './openai-options.ts';
import { parseBody } from './parse-body.ts';

type Content = AnthropicRequest['messages'][number]['content'];

function textOf({ text, content }: Exclude<Content, string>[number]): string[] {
  if (text !== undefined) return [text];
  return typeof content === 'string' ? [content] : [];
}

function messageOf(role: string, content: Content): ModelMessage {
  const blocks: Exclude<Content, string> =
    typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return {
    role: blocks.some(({ type }) => type === 'tool_result') ? 'tool' : role,
    content: blocks.flatMap(textOf).join('\n'),
    images: blocks.filter(({ type }) => type === 'image').length,
  };
}

function questionOf(body: AnthropicRequest, model: string): ModelQuestion {
  const { system, messages, tools, max_tokens, stop_sequences } = body;
  return {
    model,
    messages: [
      ...(system ? [messageOf('system', system)] : []),
      ...messages.map(({ role, content }) => messageOf(role, content)),
    ],
    tools: (tools ?? []).map(({ name, description, input_schema }) => ({
      type: 'function',
      function: { name, description, parameters: input_schema },
    })),
    think: false,
    ...openAiOptions({ max_tokens, stop: stop_sequences }),
  };
}

function blocksOf({ text, calls }: WholeAnswer): object[] {
  return [
    ...(text === '' && calls.length > 0 ? [] : [{ type: 'text', text }]),
    ...calls.map((call) => ({
      type: 'tool_use',
      id: call.id ?? `toolu_${randomUUID()}`,
      name: call.function.name,
      input: call.function.arguments,
    })),
  ];
}

function stopReason({ calls, end }: WholeAnswer): string {
  if (calls.length > 0) return 'tool_use';
  return end.reason === 'length' ? 'max_tokens' : 'end_turn';
}

/** `POST /v1/messages`; streamed, the words come in one piece. */
export async function anthropicMessages(call: ModelCall, backend: ModelBackend): Promise<void> {
  const body = parseBody(call, anthropicRequestSchema);
  const { model, answer } = await askWhole(call, backend, body.model, (asked) =>
    questionOf(body, asked),
  );
  const { promptTokens: input_tokens, answerTokens: output_tokens } = answer.end;
  const message = { id: `msg_${randomUUID()}`, type: 'message', role: 'assistant', model };
  const ends = { stop_reason: stopReason(answer), stop_sequence: null };
  const blocks = blocksOf(answer);
  if (body.stream !== true) {
    const usage = { input_tokens, output_tokens };
    sendJson(call, 200, { ...message, content: blocks, ...ends, usage });
    return;
  }
  const send = eventSender(call);
  const nothing = { content: [], stop_reason: null, stop_sequence: null };
  const usage = { input_tokens, output_tokens: 0 };
  await send('message_start', { message: { ...message, ...nothing, usage } });
  for (const [index, content_block] of blocks.entries()) {
    const isText = 'text' in content_block;
    const begun = isText ? { type: 'text', text: '' } : content_block;
    await send('content_block_start', { index, content_block: begun });
    if (isText) {
      const delta = { type: 'text_delta', text: answer.text };
      await send('content_block_delta', { index, delta });
    }
    await send('content_block_stop', { index });
  }
  await send('message_delta', { delta: ends, usage: { output_tokens } });
  await send('message_stop', {});
  call.response.end();
}
