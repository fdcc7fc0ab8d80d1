// @ts-check
import 'reflect-metadata';
import { loadConfig } from '#config';
import { connectDataSource, dataSourceOptions } from '#database';

/**
 * The embedded database of a data folder, opened as the product opens it; the schema is left as it is. It can't be
 * loaded inside jest.
 *
 * @param {string | undefined} dataDir
 */
export function openEmbedded(dataDir) {
  return connectDataSource(dataSourceOptions(loadConfig({ KEEPSAKE_DATA_DIR: dataDir }).database));
}
