/** What the address of a service must be, for messages. */
export const serviceUrlRule =
  'must be an absolute http or https URL without userinfo, query or fragment';

/** True for the address of a service. See docs/reference/nodes.md#worker-api-url. */
export function isServiceUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    !text.includes('?') &&
    !text.includes('#')
  );
}

/** Whether a name or address, as a URL has it, is this machine's own. */
function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

/** Whether the address of a service is this machine's own. */
export function isOnThisHost(url: string): boolean {
  return isLoopback(new URL(url).hostname);
}

/** How what is sent to the address of a service travels: on this machine, encrypted, or in the clear. */
export const transports = ['loopback', 'tls', 'plain'] as const;

export type Transport = (typeof transports)[number];

/** How what is sent to the address of a service travels. */
export function transportOf(url: string): Transport {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return 'tls';
  return isLoopback(hostname) ? 'loopback' : 'plain';
}
