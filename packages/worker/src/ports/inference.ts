/** The node's model service, whoever started it. */
export interface InferenceService {
  /** Base URL of the service that answers now, without a trailing slash; undefined while none does. */
  upstream(): string | undefined;
}
