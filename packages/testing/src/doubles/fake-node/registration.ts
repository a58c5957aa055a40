import {
  nodeBootstrapPayloadSchema,
  nodeChallengeSchema,
  registrationProofText,
} from '@cynodeai/contracts/control-plane';
import type { SigningKey } from '@cynodeai/runtime/crypto';

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

export interface RegistrationOptions {
  /** The one tests use unless told. */
  readonly psk?: string | undefined;
  /** Without one the node has no identity that it could prove later. */
  readonly key?: SigningKey | undefined;
}

/** Asks to register, and proves who it is when it is asked to; whatever the answer is. */
export async function tryToRegister(
  controlPlane: string,
  report: unknown,
  { psk = registrationKey, key }: RegistrationOptions = {},
): Promise<Response> {
  const url = `${controlPlane}/v1/nodes/register`;
  if (key === undefined) return postJson(url, { psk, capability: report });
  const { publicKey: public_key } = key;
  const first = await postJson(url, { psk, capability: report, identity: { public_key } });
  if (first.status !== 202) return first;
  const { node_slug: slug, challenge } = nodeChallengeSchema.parse(await first.json());
  const proof = { challenge, signature: key.sign(registrationProofText(slug, challenge)) };
  return postJson(url, { psk, capability: report, identity: { public_key, proof } });
}

/** Registers with a report; the URLs come from the bootstrap payload, as a node must do it. */
export async function register(
  controlPlane: string,
  report: unknown,
  options: RegistrationOptions = {},
): Promise<NodeSession> {
  const response = await tryToRegister(controlPlane, report, options);
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
