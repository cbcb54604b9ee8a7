package gateway

import (
	"github.com/cumulet/cumulet/internal/auth/sigv4"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/awsjson"
	"github.com/cumulet/cumulet/internal/wire/awsquery"
	"github.com/cumulet/cumulet/internal/wire/cbor"
	"github.com/cumulet/cumulet/internal/wire/restjson"
	"github.com/cumulet/cumulet/internal/wire/restxml"
)

// codec is the implementation of a protocol, and how its services word what goes wrong before a handler is called.
type codec struct {
	wire.Protocol
	family sigv4.Family
}

// codecs are all protocols. They hold no state.
var codecs = [protocols]codec{
	ProtocolJSON:     {awsjson.Protocol{}, sigv4.JSON},
	ProtocolQuery:    {awsquery.Protocol{}, sigv4.Query},
	ProtocolRESTJSON: {restjson.Protocol{}, sigv4.REST},
	ProtocolRESTXML:  {restxml.Protocol{}, sigv4.S3},
	ProtocolCBOR:     {cbor.Protocol{}, sigv4.JSON},
}
