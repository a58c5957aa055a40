import { type OpenAiResponseRequest, openAiResponseRequestSchema } from '@cynodeai/contracts/model';
import { randomUUID } from 'node:crypto';
import type { ModelBackend, ModelMessage, ModelQuestion } from '../../ports/model-backend.ts';
import { askWhole } from './ask-whole.ts';
import type { WholeAnswer } from './collect.ts';
import { eventSender } from './events.ts';
import { type ModelCall, sendJson } from './model-call.ts';
import { openAiOptions } from './openai-options.ts';
import { parseBody } from './parse-body.ts';

function messagesOf({ input, instructions }: OpenAiResponseRequest): ModelMessage[] {
  const system = instructions ? [{ role: 'system', content: instructions, images: 0 }] : [];
  if (typeof input === 'string') return [...system, { role: 'user', content: input, images: 0 }];
  const messages = input.flatMap(({ type, role, content, output }) => {
    if (type === 'function_call_output') return { role: 'tool', content: output ?? '', images: 0 };
    if (type === 'function_call') return [];
    const parts = typeof content === 'string' ? [{ type: 'input_text', text: content }] : content;
    return {
      role: role ?? 'user',
      content: (parts ?? []).flatMap((part) => part.text ?? []).join('\n'),
      images: (parts ?? []).filter((part) => part.type === 'input_image').length,
    };
  });
  return [...system, ...messages];
}

function questionOf(body: OpenAiResponseRequest, model: string): ModelQuestion {
  const tools = (body.tools ?? []).flatMap(({ type, name, description, parameters }) =>
    type === 'function' && name !== undefined
      ? { type, function: { name, description, parameters } }
      : [],
  );
  const messages = messagesOf(body);
  return { model, messages, tools, think: false, ...openAiOptions({}, body.max_output_tokens) };
}

function outputOf({ text, calls }: WholeAnswer, id: string): object[] {
  const content = [{ type: 'output_text', text, annotations: [] }];
  const message = { type: 'message', id, status: 'completed', role: 'assistant', content };
  return [
    ...(text === '' && calls.length > 0 ? [] : [message]),
    ...calls.map((call) => ({
      type: 'function_call',
      id: `fc_${randomUUID()}`,
      call_id: call.id ?? `call_${randomUUID()}`,
      status: 'completed',
      name: call.function.name,
      arguments: JSON.stringify(call.function.arguments),
    })),
  ];
}

/** `POST /v1/responses`; streamed, the words come in one piece. */
export async function openAiResponses(call: ModelCall, backend: ModelBackend): Promise<void> {
  const body = parseBody(call, openAiResponseRequestSchema);
  const { model, answer } = await askWhole(call, backend, body.model, (asked) =>
    questionOf(body, asked),
  );
  const response = {
    id: `resp_${randomUUID()}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    model,
    error: null,
    incomplete_details: null,
  };
  const { promptTokens, answerTokens, reason } = answer.end;
  const item_id = `msg_${randomUUID()}`;
  const isCut = reason === 'length';
  const whole = {
    ...response,
    status: isCut ? 'incomplete' : 'completed',
    ...(isCut && { incomplete_details: { reason: 'max_output_tokens' } }),
    output: outputOf(answer, item_id),
    usage: {
      input_tokens: promptTokens,
      output_tokens: answerTokens,
      total_tokens: promptTokens + answerTokens,
    },
  };
  if (body.stream !== true) {
    sendJson(call, 200, whole);
    return;
  }
  let sequence_number = 0;
  const sendEvent = eventSender(call);
  const send = (type: string, data: object): Promise<void> =>
    sendEvent(type, { sequence_number: sequence_number++, ...data });
  await send('response.created', { response: { ...response, status: 'in_progress', output: [] } });
  for (const [output_index, item] of whole.output.entries()) {
    await send('response.output_item.added', { output_index, item });
    if (output_index === 0 && answer.text !== '') {
      const place = { item_id, output_index, content_index: 0 };
      await send('response.output_text.delta', { ...place, delta: answer.text });
      await send('response.output_text.done', { ...place, text: answer.text });
    }
    await send('response.output_item.done', { output_index, item });
  }
  await send(isCut ? 'response.incomplete' : 'response.completed', { response: whole });
  call.response.end();
}
