/** Container engines a node can drive, the preferred one first; the names of the wire, of settings and of reports. */
export const containerEngines = ['podman', 'docker'] as const;

export type ContainerEngine = (typeof containerEngines)[number];
