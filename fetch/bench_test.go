package fetch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
)

// BenchmarkParseFiles reads a listing of a thousand files, as the service writes them.
func BenchmarkParseFiles(b *testing.B) {
	const n = 1000
	items := make([]map[string]any, n)
	for i := range items {
		path := fmt.Sprintf("moss/prod/2024-10-12-05/user/multi_chat_file/%032x.png", i)
		items[i] = map[string]any{
			"file_id":   fmt.Sprintf("user:1234-minimax:288230376151711-file:%018d", i),
			"file_name": fmt.Sprintf("picture number %d.png", i), "file_type": "png",
			"cdn_url": "https://cdn.example.org/" + path, "oss_path": path, "file_scene": 10, "file_status": 1,
		}
	}
	body, err := json.Marshal(items)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	redactor := NewRedactor("user:1234-secret-token", "288230376151711")
	for b.Loop() {
		list, _, err := parseFiles(bytes.NewReader(body), "288230376151711", n, n)
		if err != nil || len(list.Files) != n {
			b.Fatalf("%d files, %v", len(list.Files), err)
		}
		redactor.withhold(&list)
	}
}
