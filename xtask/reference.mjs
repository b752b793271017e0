// Answers questions with Meta's Parameter Builder: JSON lines in, JSON lines out, in order.
//
//     node reference.mjs FOLDER
//
// FOLDER is where the package is installed. The first line out says what answers. A question about
// a value is {type, value, now_ms}, one about a request {visit, now_ms, random}. What the package
// throws is answered as {throws}.

import { createRequire } from 'node:module';
import { join } from 'node:path';

const NAME = 'capi-param-builder-nodejs';
const require = createRequire(join(process.argv[2], 'anything.js'));
const { ParamBuilder } = require(NAME);
const { getNormalizedPII } = require(`${NAME}/src/piiUtil/PIIUtil.js`);

// Clock and chance stand still, so that both sides see the same.
const pinned = { now_ms: 0, random: 0 };
Math.random = () => pinned.random;
globalThis.Date = class extends Date {
    constructor(...given) {
        super(...(given.length > 0 ? given : [pinned.now_ms]));
    }

    static now() {
        return pinned.now_ms;
    }
};

// A character that this Node does not know may have a lower case that Kopru knows, or the reverse.
const UNASSIGNED = /\p{Cn}/u;

const hasher = new ParamBuilder();

function answerValue({ type, value }) {
    if (UNASSIGNED.test(value)) {
        return { unassigned: true };
    }
    const sha256 = hasher.getNormalizedAndHashedPII(value, type);
    return {
        normalized: getNormalizedPII(value, type),
        sha256,
        // It came with a mark already and was let through.
        passed: sha256 !== null && sha256 === value.trim(),
    };
}

function answerVisit({ host, domains, more, queries, cookies, referer, forwarded_for, remote }) {
    const builder = domains === null ? new ParamBuilder() : new ParamBuilder(domains);
    for (const [query, prefix] of more) {
        builder.fbc_param_configs.push({ query, prefix, ebpPath: '' });
    }
    const set = builder.processRequest(host, queries, cookies, referer, forwarded_for, remote);
    return {
        fbc: builder.getFbc(),
        fbp: builder.getFbp(),
        ip: builder.getClientIpAddress(),
        cookies: set.map(({ name, value, maxAge, domain }) => ({ name, value, maxAge, domain })),
    };
}

function answer(question) {
    pinned.now_ms = question.now_ms;
    pinned.random = question.random ?? 0;
    try {
        return question.visit === undefined ? answerValue(question) : answerVisit(question.visit);
    } catch (error) {
        return { throws: String(error) };
    }
}

const markOf = (text) => text.slice(text.lastIndexOf('.') + 1);
const about = {
    package: require(`${NAME}/package.json`).version,
    node: process.versions.node,
    unicode: process.versions.unicode,
    hashed: markOf(hasher.getNormalizedAndHashedPII('a', 'external_id')),
    unchanged: markOf(hasher.getNormalizedAndHashedPII('0'.repeat(64), 'external_id')),
};
process.stdout.write(`${JSON.stringify(about)}\n`);

// Split by hand: Node's readline also ends a line at U+2028, which JSON leaves as it is.
let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    if (lines.length > 0) {
        const answers = lines.map((line) => `${JSON.stringify(answer(JSON.parse(line)))}\n`);
        process.stdout.write(answers.join(''));
    }
});
