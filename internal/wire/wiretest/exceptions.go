package wiretest

// Exceptions are the vectors that do not apply to a server, or not to this one, each with the reason. A vector that is
// listed here and passes is an error too, so that the table cannot rot.
var Exceptions = map[string]string{
	"input/json:SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1":     clientCompression,
	"input/json:SDKAppliedContentEncoding_awsJson1_1":                        clientCompression,
	"input/json_1_0:SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0": clientCompression,
	"input/json_1_0:SDKAppliedContentEncoding_awsJson1_0":                    clientCompression,
	"input/query:SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery":      clientCompression,
	"input/query:SDKAppliedContentEncoding_awsQuery":                         clientCompression,
	"input/rest-json:SDKAppendedGzipAfterProvidedEncoding_restJson1":         clientCompression,
	"input/rest-json:SDKAppliedContentEncoding_restJson1":                    clientCompression,
	"input/rest-xml:SDKAppendedGzipAfterProvidedEncoding_restXml":            clientCompression,
	"input/rest-xml:SDKAppliedContentEncoding_restXml":                       clientCompression,

	"input/query:QueryProtocolIdempotencyTokenAutoFill":     clientToken,
	"input/rest-json:RestJsonQueryIdempotencyTokenAutoFill": clientToken,
	"input/rest-xml:QueryIdempotencyTokenAutoFill":          clientToken,
	"legacy/input/json:6.1":                                 clientToken,
	"legacy/input/query:12.1":                               clientToken,
	"legacy/input/rest-json:19.1":                           clientToken,
	"legacy/input/rest-xml:23.1":                            clientToken,

	"input/query:QueryEmptyQueryMaps":                        emptyIsAbsent,
	"input/rest-json:RestJsonHttpPrefixHeadersAreNotPresent": emptyIsAbsent,
	"input/rest-json:RestJsonOmitsEmptyListQueryValues":      emptyIsAbsent,
	"input/rest-xml:HttpPrefixHeadersAreNotPresent":          emptyIsAbsent,
	"legacy/input/rest-json:26.1":                            emptyIsAbsent,
	"legacy/input/rest-xml:26.1":                             emptyIsAbsent,

	"input/rest-json:RestJsonQueryParamsStringListMap":               allParameters,
	"input/rest-json:RestJsonQueryPrecedence":                        allParameters,
	"input/rest-xml:AllQueryStringTypes":                             allParameters,
	"input/rest-xml:RestXmlQueryParamsStringListMap":                 allParameters,
	"input/rest-xml:RestXmlQueryPrecedence":                          allParameters,
	"input/rest-xml:RestXmlQueryStringEscaping":                      allParameters,
	"input/rest-xml:RestXmlSupportsInfinityFloatQueryValues":         allParameters,
	"input/rest-xml:RestXmlSupportsNaNFloatQueryValues":              allParameters,
	"input/rest-xml:RestXmlSupportsNegativeInfinityFloatQueryValues": allParameters,
	"input/rest-xml:RestXmlZeroAndFalseQueryValues":                  allParameters,

	"input/rest-json:RestJsonHttpWithEmptyStructurePayload": absentIsEmpty,
	"input/rest-json:RestJsonHttpWithHeadersButNoPayload":   absentIsEmpty,
	"legacy/input/rest-json:13.1":                           absentIsEmpty,
	"legacy/input/rest-json:25.2":                           absentIsEmpty,
	"legacy/input/rest-json:25.4":                           absentIsEmpty,

	"legacy/input/rest-json:25.7": clientContentType,

	"legacy/output/json:3.1": sparse,

	"legacy/output/json:5.0":                                                          leniency,
	"legacy/output/query:15.0":                                                        leniency,
	"legacy/output/rest-json:17.2":                                                    leniency,
	"legacy/output/rest-json:7.0":                                                     leniency,
	"legacy/output/rest-json:8.0":                                                     leniency,
	"legacy/output/rest-xml:16.2":                                                     leniency,
	"output/json:AwsJson11DeserializeIgnoreType":                                      leniency,
	"output/json:AwsJson11IntEnums":                                                   leniency,
	"output/json:handles_unexpected_json_output":                                      leniency,
	"output/json_1_0:AwsJson10DeserializeIgnoreType":                                  leniency,
	"output/json_1_0:AwsJson10HandlesUnexpectedJsonOutput":                            leniency,
	"output/rest-json:RestJsonDeserializeIgnoreType":                                  leniency,
	"output/rest-json:RestJsonIgnoreQueryParamsInResponse":                            leniency,
	"output/rest-xml:ComplexError":                                                    leniency,
	"output/rest-xml:IgnoreQueryParamsInResponse":                                     leniency,
	"output/rest-xml:InvalidGreetingError":                                            leniency,
	"output/rest-xml:SimpleScalarPropertiesWithXMLPreamble":                           leniency,
	"output/smithy-rpc-v2-cbor:RpcV2CborExtraFieldsInTheBodyShouldBeSkippedByClients": leniency,
	"output/smithy-rpc-v2-cbor:RpcV2CborPayloadWithUnsetUnion":                        leniency,

	"legacy/output/rest-json:18.0": spaces,
	"legacy/output/rest-xml:17.0":  spaces,

	"output/query:QueryEmptyInputAndEmptyOutput":                        emptyBody,
	"output/query:QueryNoInputAndNoOutput":                              emptyBody,
	"output/query:QueryNoInputAndOutput":                                emptyBody,
	"output/rest-json:RestJsonEmptyInputAndEmptyOutputJsonObjectOutput": emptyBody,
	"output/rest-json:RestJsonNoInputAndOutputNoPayload":                emptyBody,
	"output/smithy-rpc-v2-cbor:empty_output_no_body":                    emptyBody,

	"output/json:handles_empty_output_shape":                  noOutput,
	"output/json_1_0:AwsJson10HandlesEmptyOutputShape":        noOutput,
	"output/smithy-rpc-v2-cbor:NoOutputClientAllowsEmptyBody": noOutput,
	"output/smithy-rpc-v2-cbor:NoOutputClientAllowsEmptyCbor": noOutput,

	"output/json_1_0-query-compatible:QueryCompatibleAwsJson10CustomCodeError":           statusConflict,
	"output/smithy-rpc-v2-cbor-query-compatible:QueryCompatibleRpcV2CborCustomCodeError": statusConflict,

	"output/query:QueryXmlNamespaces": lostNamespace,

	"output/rest-json:RestJsonGreetingWithErrors": noMembers,
	"output/rest-json:RestJsonHttpResponseCode":   noMembers,
	"legacy/output/rest-json:9.0":                 noMembers,

	"output/rest-xml:RestXmlHttpResponseCode": typeWithoutBody,
}

const (
	clientCompression = "the vector holds no body: it checks which Content-Encoding a client sends"
	clientToken       = "the vector checks that a client makes up a token that the caller left out; the request has one"
	emptyIsAbsent     = "an empty list or map in this place leaves no trace in the request"
	allParameters     = "on a server, a map of query parameters holds all of them, also those that other members are bound to (Smithy, httpQueryParams)"
	absentIsEmpty     = "the client sends {} for a payload that the caller left out, which a server reads as one without members"
	clientContentType = "the client sends a Content-Type that the caller left out, and a member is bound to that header"
	sparse            = "lists and maps here hold no nulls: generated ones cannot, and no operation answers them"
	leniency          = "the answer has parts that no server should send: the vector checks that clients pass over them"
	spaces            = "the vector checks that clients take superfluous spaces off a list in a header"
	emptyBody         = "the vector checks that clients bear an empty answer where this server, like AWS, writes one without members"
	noOutput          = "the vector checks that clients bear a body, or its type, where the operation has no output; this server sends none"
	statusConflict    = "the answer has status 400, but its own model gives the error status 402"
	noMembers         = "the answer has an empty object although no member is in the body; another vector of the operation has none, as here"
	lostNamespace     = "the answer leaves out the namespace that its own model gives an element, which clients do not look at"
	typeWithoutBody   = "the answer has a Content-Type but no body"
)
