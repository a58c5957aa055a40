import { type ModelCall, isTakenOver, sendJson } from './model-call.ts';

/** Where Anthropic's wire is answered. */
export const anthropicPath = '/v1/messages';

const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  404: 'not_found_error',
};

function openAiError(status: number, message: string): object {
  return { error: { message, type: types[status] ?? 'api_error', param: null, code: null } };
}

function anthropicError(status: number, message: string): object {
  return { type: 'error', error: { type: types[status] ?? 'api_error', message } };
}

/** The error in the words of the API that the path belongs to. */
function errorBody(path: string, status: number, message: string): object {
  if (path === anthropicPath) return anthropicError(status, message);
  return isTakenOver(path) ? openAiError(status, message) : { error: message };
}

/** Answers a call with an error. */
export function sendError(call: ModelCall, status: number, message: string): void {
  sendJson(call, status, errorBody(call.path, status, message));
}

/** Ends an answer that had begun with an error. */
export function endWithError(call: ModelCall, status: number, message: string): void {
  const body = JSON.stringify(errorBody(call.path, status, message));
  const event = call.path === anthropicPath ? 'event: error\n' : '';
  call.response.end(isTakenOver(call.path) ? `${event}data: ${body}\n\n` : `${body}\n`);
}
