import { type ModelCall, sendJson } from './model-call.ts';

function openAiError(status: number, message: string): object {
  const types: Readonly<Record<number, string>> = {
    400: 'invalid_request_error',
    404: 'not_found_error',
    405: 'invalid_request_error',
  };
  return { error: { message, type: types[status] ?? 'api_error', param: null, code: null } };
}

/** The error in the words of the API that the path belongs to. */
function errorBody(path: string, status: number, message: string): object {
  return path.startsWith('/v1/') ? openAiError(status, message) : { error: message };
}

/** Answers a call with an error. */
export function sendError(call: ModelCall, status: number, message: string): void {
  sendJson(call, status, errorBody(call.path, status, message));
}

/** Ends an answer that had begun with an error. */
export function endWithError(call: ModelCall, status: number, message: string): void {
  const body = JSON.stringify(errorBody(call.path, status, message));
  call.response.end(call.path.startsWith('/v1/') ? `data: ${body}\n\n` : `${body}\n`);
}
