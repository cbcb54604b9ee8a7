// Package chunked reads bodies that S3's clients send in the aws-chunked coding: chunks that may each be signed, and a
// trailer, which may be signed too, with a checksum.
//
// A Reader hands bytes on before it knows that the signature of their chunk or the checksum of the whole is right. So
// nothing that was read may be acted on before the Reader has returned io.EOF; any other error voids all of it.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
package chunked
