import { nodeBootstrapPayloadSchema } from '@cynodeai/contracts/control-plane';

/** The key that control planes under test expect of nodes. */
export const registrationKey = 'test-registration-key-0001';

/** The HTTP side of a registered node. */
export interface NodeSession {
  readonly registerStatus: number;
  readonly jwt: string;
  readonly configVersion: string | undefined;
  fetchConfig(): Promise<Response>;
  sendReport(report: unknown): Promise<Response>;
  ack(body: Record<string, unknown>): Promise<Response>;
}

export function postJson(url: string, body: unknown, jwt?: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(jwt !== undefined && { authorization: `Bearer ${jwt}` }),
    },
    body: JSON.stringify(body),
  });
}

/** Registers with a report; the URLs come from the bootstrap payload, as a node must do it. */
export async function register(
  controlPlane: string,
  report: unknown,
  psk = registrationKey,
): Promise<NodeSession> {
  const response = await postJson(`${controlPlane}/v1/nodes/register`, { psk, capability: report });
  if (!response.ok) throw new Error(`register: ${response.status} ${await response.text()}`);
  const bootstrap = nodeBootstrapPayloadSchema.parse(await response.json());
  const { node_config_url: configUrl, node_report_url: reportUrl } =
    bootstrap.orchestrator.endpoints;
  const jwt = bootstrap.auth.node_jwt;
  return {
    registerStatus: response.status,
    jwt,
    configVersion: undefined,
    fetchConfig: () => fetch(configUrl, { headers: { authorization: `Bearer ${jwt}` } }),
    sendReport: (body) => postJson(reportUrl, body, jwt),
    ack: (body) =>
      postJson(configUrl, { version: 1, ack_at: new Date().toISOString(), ...body }, jwt),
  };
}
