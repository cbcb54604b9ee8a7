package cumulettest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/cumulet/cumulet/internal/api/catalog"
	"github.com/cumulet/cumulet/internal/wire"
)

// model returns the facts of a service.
func model(service string) (*wire.Model, error) {
	for _, m := range catalog.Models {
		if m.ID == service {
			return m, nil
		}
	}
	return nil, fmt.Errorf("there is no service %s", service)
}

// post sends a call, signed in name only: the platform trusts it.
func (r *runner) post(ctx context.Context, m *wire.Model, header map[string]string, body string) (status int, got http.Header, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.p.URL+"/", strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+r.account+"/20000101/"+r.region+"/"+m.SigningName+
		"/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := r.p.HTTP.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, answer, err
}

// callJSON makes a call as AWS JSON.
func (r *runner) callJSON(ctx context.Context, service, operation, params string) (answer, code, message string, err error) {
	m, err := model(service)
	if err != nil {
		return "", "", "", err
	}
	status, header, body, err := r.post(ctx, m, map[string]string{
		"Content-Type": "application/x-amz-json-" + m.JSONVersion, "X-Amz-Target": m.TargetPrefix + "." + operation,
	}, params)
	if err != nil {
		return "", "", "", err
	}
	if status == http.StatusOK {
		if len(body) == 0 {
			body = []byte("{}")
		}
		return string(body), "", "", nil
	}
	var failure struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(body, &failure); err != nil {
		return "", "", "", fmt.Errorf("error %s: %w", body, err)
	}
	code = failure.Type[strings.LastIndexByte(failure.Type, '#')+1:]
	if query, _, ok := strings.Cut(header.Get("X-Amzn-Query-Error"), ";"); ok {
		r.codes[query] = code
	}
	return "", code, failure.Message, nil
}
