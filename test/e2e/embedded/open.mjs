// @ts-check
import 'reflect-metadata';
import { loadConfig } from '#config';
import { Logger } from '@nestjs/common';
import { connectDataSource, dataSourceOptions } from '#database';

// Standard output is for what a script prints; on a busy machine slow statements are logged.
Logger.overrideLogger(false);

/**
 * The embedded database of a data folder, opened as the product opens it; the schema is left as it is. It can't be
 * loaded inside jest.
 *
 * @param {string | undefined} dataDir
 */
export function openEmbedded(dataDir) {
  return connectDataSource(dataSourceOptions(loadConfig({ KEEPSAKE_DATA_DIR: dataDir }).database));
}
