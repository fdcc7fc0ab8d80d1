import { Injectable } from '@nestjs/common';
import { JobNotifier } from '#queue';

/** Informs the dispatcher of this process that there may be something to deliver. Others see it at their next look. */
@Injectable()
export class DeliveryNotifier extends JobNotifier {}
