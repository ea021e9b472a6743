import type { Gate } from './gate.ts';

/** A stated confidence below the minimum is refused. High confidence never opens another gate. */
export const confidenceGate: Gate = ({ candidate: { confidence, limits }, policy }) => {
  const gate = 'confidence';
  const numbers = { minimum: policy.minConfidence, ...(confidence === undefined ? {} : { confidence }) };
  if (confidence === undefined || confidence >= policy.minConfidence) {
    return {
      gate,
      pass: true,
      message: confidence === undefined ? 'no confidence was stated' : 'the confidence is high enough',
      numbers,
    };
  }
  const source =
    limits?.min_confidence === policy.minConfidence ? 'its label hemostat.min-confidence' : 'MIN_CONFIDENCE';
  return {
    gate,
    pass: false,
    reason: 'low_confidence',
    message: `the confidence ${confidence} is below the minimum ${policy.minConfidence} (${source})`,
    numbers,
  };
};
