package restxml

import (
	"bytes"
	"encoding/base64"

	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/httpbinding"
	"github.com/cumulet/cumulet/internal/wire/xmlbody"
)

const s3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

func isS3(m *wire.Model) bool { return m != nil && m.ServiceID == "S3" }

// s3Roots are the root elements of S3's answers, which the models do not name. Others are named as their shape.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
var s3Roots = map[string]string{
	"CompleteMultipartUpload":                    "CompleteMultipartUploadResult",
	"CreateMultipartUpload":                      "InitiateMultipartUploadResult",
	"CreateSession":                              "CreateSessionResult",
	"DeleteObjects":                              "DeleteResult",
	"GetBucketAccelerateConfiguration":           "AccelerateConfiguration",
	"GetBucketAcl":                               "AccessControlPolicy",
	"GetBucketCors":                              "CORSConfiguration",
	"GetBucketLifecycle":                         "LifecycleConfiguration",
	"GetBucketLifecycleConfiguration":            "LifecycleConfiguration",
	"GetBucketLogging":                           "BucketLoggingStatus",
	"GetBucketNotification":                      "NotificationConfiguration",
	"GetBucketNotificationConfiguration":         "NotificationConfiguration",
	"GetBucketRequestPayment":                    "RequestPaymentConfiguration",
	"GetBucketTagging":                           "Tagging",
	"GetBucketVersioning":                        "VersioningConfiguration",
	"GetBucketWebsite":                           "WebsiteConfiguration",
	"GetObjectAcl":                               "AccessControlPolicy",
	"GetObjectAttributes":                        "GetObjectAttributesResponse",
	"GetObjectTagging":                           "Tagging",
	"ListBucketAnalyticsConfigurations":          "ListBucketAnalyticsConfigurationResult",
	"ListBucketIntelligentTieringConfigurations": "ListBucketIntelligentTieringConfigurationsOutput",
	"ListBucketInventoryConfigurations":          "ListInventoryConfigurationsResult",
	"ListBucketMetricsConfigurations":            "ListMetricsConfigurationsResult",
	"ListBuckets":                                "ListAllMyBucketsResult",
	"ListDirectoryBuckets":                       "ListAllMyDirectoryBucketsResult",
	"ListMultipartUploads":                       "ListMultipartUploadsResult",
	"ListObjectVersions":                         "ListVersionsResult",
	"ListObjects":                                "ListBucketResult",
	"ListObjectsV2":                              "ListBucketResult",
	"ListParts":                                  "ListPartsResult",
}

// appendS3Root appends an output's members. GetBucketLocation has no root: its one member is.
func appendS3Root(b []byte, op string, out wire.Shape) []byte {
	if op == "GetBucketLocation" {
		return appendLocation(b, xmlbody.REST.AppendMembers(nil, out))
	}
	root := wire.Member{Of: out.Schema(), XMLNamespace: s3Namespace}
	name := s3Roots[op]
	if name == "" {
		name = root.Of.Name
	}
	return xmlbody.REST.AppendRoot(b, name, &root, out)
}

// appendLocation appends the element with its namespace; it is empty for us-east-1, which the member then leaves out.
func appendLocation(b, element []byte) []byte {
	b = append(b, `<LocationConstraint xmlns="`+s3Namespace+`"`...)
	if rest, ok := bytes.CutPrefix(element, []byte("<LocationConstraint")); ok {
		return append(b, rest...)
	}
	return append(b, "/>"...)
}

// fixPayload gives text that is a whole body, such as a bucket's policy, the type that S3 answers.
func fixPayload(p *httpbinding.Payload, resp *wire.Response) {
	if p.Written && p.Member.Of.Kind == wire.KindString {
		resp.SetHeader("Content-Type", "application/json")
	}
}

// appendS3Error appends an error in S3's form: without elements around it, and with the id of the host.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func appendS3Error(b []byte, c *wire.Call, err wire.APIError) []byte {
	b = appendText(append(b, "<Error>"...), "Code", err.ErrorInfo().Code)
	b = appendError(b, err)
	b = appendText(b, "RequestId", c.RequestID)
	b = appendText(b, "HostId", hostID(c.RequestID))
	return append(b, "</Error>"...)
}

// hostID returns the second id that S3's answers have. AWS's support asks for it; here it only repeats the first.
func hostID(requestID string) string {
	return base64.StdEncoding.EncodeToString([]byte(requestID))
}
