// @ts-check

/**
 * One way to come by a service's programs.
 *
 * @typedef {object} Source
 * @property {string} name completes "… could not be had from"
 * @property {(service: 'postgres' | 'redis') => Promise<Answer>} look a refusal says what is missing
 *
 * @typedef {{ place: import('#test/setup/services/places/place.mjs').Place } | { refusal: string }} Answer
 */

export {};
