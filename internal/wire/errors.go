package wire

import "fmt"

// APIError is an error that a client is meant to see: a generated exception, or an *Error.
type APIError interface {
	error
	ErrorInfo() ErrorInfo
}

// ErrorInfo is what a client learns of an error, besides an exception's own members.
type ErrorInfo struct {
	Code      string // such as QueueDoesNotExist
	QueryCode string // in the Query protocol, where it differs from Code; else empty
	Status    int    // HTTP
	Message   string
}

// Sender reports whether the caller is to blame, not the server.
func (e ErrorInfo) Sender() bool { return e.Status < 500 }

// Error is an error that no model declares.
type Error struct {
	Code      string
	QueryCode string // where it differs from Code; else empty
	Status    int    // HTTP
	Message   string
}

// Errorf returns an error with a formatted message.
func Errorf(status int, code, format string, args ...any) *Error {
	return &Error{Code: code, Status: status, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// ErrorInfo implements APIError.
func (e *Error) ErrorInfo() ErrorInfo {
	return ErrorInfo{Code: e.Code, QueryCode: e.QueryCode, Status: e.Status, Message: e.Message}
}
