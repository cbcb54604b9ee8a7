package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// The bytes that the floor answers, of the length that the program answers.
var (
	floorSend    = []byte(`{"MD5OfMessageBody":"` + strings.Repeat("0", 32) + `","MessageId":"` + strings.Repeat("0", 36) + `"}`)
	floorReceive = []byte(`{"Messages":[{"Body":"` + body + `","MD5OfBody":"` + strings.Repeat("0", 32) + `","MessageId":"` + strings.Repeat("0", 36) + `","ReceiptHandle":"` + strings.Repeat("0", 88) + `"}]}`)
)

// serveFloor answers every request as the program would, without doing anything. It prints its address when it is ready.
func serveFloor() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		h := w.Header()
		h["Content-Type"] = []string{"application/x-amz-json-1.0"}
		h["X-Amzn-Requestid"] = []string{"00000000-0000-0000-0000-000000000000"}
		switch r.Header.Get("X-Amz-Target") {
		case "AmazonSQS.SendMessage":
			_, _ = w.Write(floorSend)
		case "AmazonSQS.ReceiveMessage":
			_, _ = w.Write(floorReceive)
		}
	}))
}
