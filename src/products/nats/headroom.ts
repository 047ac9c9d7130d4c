/** What a message may be longer than its value: headers with an id, and the protocol's own. */
export const headroomBytes = 128;
