package gateway_test

import (
	"strings"

	"github.com/cumulet/cumulet/internal/gateway"
)

// restRequest builds a request for an operation from its template. Where S3 tells operations apart by more than the
// template says, that is added.
func restRequest(e gateway.Endpoint) request {
	path, query, _ := strings.Cut(e.Operation.URI, "?")
	in := request{method: e.Operation.Method, scope: e.Model.SigningName, query: query}
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		switch {
		case strings.HasSuffix(segment, "+}"):
			segment = "a/b"
		case strings.HasPrefix(segment, "{"):
			segment = "x%2Fy"
		}
		in.path += "/" + segment
	}
	if e.Model.ID != "s3" {
		return in
	}
	more := map[string]string{
		"AbortMultipartUpload": "uploadId=1", "CompleteMultipartUpload": "uploadId=1", "ListParts": "uploadId=1",
		"UploadPart": "uploadId=1", "UploadPartCopy": "uploadId=1", "ListDirectoryBuckets": "x-id=ListDirectoryBuckets",
		"GetBucketAnalyticsConfiguration": "id=1", "GetBucketIntelligentTieringConfiguration": "id=1",
		"GetBucketInventoryConfiguration": "id=1", "GetBucketMetricsConfiguration": "id=1",
	}
	if q := more[e.Operation.Name]; q != "" {
		in.query = strings.Trim(in.query+"&"+q, "&")
	}
	if strings.HasSuffix(e.Operation.Name, "Copy") || e.Operation.Name == "CopyObject" {
		in.header = header("X-Amz-Copy-Source", "/b/k")
	}
	return in
}
