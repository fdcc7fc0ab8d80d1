export const embeddingStates = ['pending', 'ready', 'off'] as const;

/**
 * Whether a version can be found by its meaning: `ready`, or `pending` until its vectors of the model in use are
 * there. `off` is what nobody embeds: versions that a newer one has replaced or that are archived, what the model
 * refuses, and everything where embeddings are turned off.
 */
export type EmbeddingState = (typeof embeddingStates)[number];
