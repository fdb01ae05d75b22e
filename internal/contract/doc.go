// Package contract holds the server to its OpenAPI document, and the document
// to the server. It holds tests only:
//
//   - every operation of the server is in the document, and the other way round,
//     with the same audience, scope and headers;
//   - every answer of a real server, over HTTP, is one that the document
//     describes: its status, its headers, its body to the last member;
//   - bodies and parameters that the document does not allow, made from its own
//     schemas, are refused in order, and texts that it allows come back as they
//     were sent.
//
// SUPERHER_CONTRACT=full makes the last of them try every string in every text.
package contract
