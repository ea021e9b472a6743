/** Settings under which safety lets a benchmark's requests follow each other at once. Every gate still speaks. */
export const noLimits: NodeJS.ProcessEnv = {
  RESPONDER_COOLDOWN_SECONDS: '0',
  HEMOSTAT_RATE_LIMIT: '10000',
  HEMOSTAT_STABILITY_SECONDS: '0',
  LOG_LEVEL: 'ERROR',
};
