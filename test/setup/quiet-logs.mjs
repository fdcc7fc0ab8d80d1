// @ts-check
import { Logger } from '@nestjs/common';

// A test that passes prints nothing. What a test expects of a log, it gives a logger of its own for.
Logger.overrideLogger(false);
