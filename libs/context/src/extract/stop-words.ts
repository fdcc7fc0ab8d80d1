/** English words that tell nothing about a text, and the rule words, which nearly every context holds. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about above after again against all also always am an and another any anything are aren as at be because been ' +
    'before being below between both but by can cannot could did do does doing don done down during each either else ' +
    'etc even ever every few first for from further get gets give given goes got had has have having he her here hers ' +
    'him his how however i if important in into is isn it its itself just keep know last least less let like made make ' +
    'makes many may me might more most much must my need needs never new next no nor not nothing now of off on once one ' +
    'ones only onto or other others our out over own per please put rather really required same say says see seen ' +
    'several shall she should since so some something still such sure take than that the their them then there these ' +
    'they thing things this those though three through thus to too two under until up upon us use used uses using very ' +
    'via want was way we well were what when where whether which while who whole whom whose why will with within without ' +
    'would yes yet you your yours'
  ).split(' '),
);
