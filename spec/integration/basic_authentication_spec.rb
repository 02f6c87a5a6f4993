# frozen_string_literal: true

require "spec_helper"

RSpec.describe "Litestream::Admin::BasicAuthentication", :integration do
  # Runs in the application, whose bundle has Action Controller. Prints the answer to each visitor, and the comparisons of
  # secrets behind it.
  let(:program) { <<~'RUBY' }
    COMPARED = []
    { OpenSSL => "OpenSSL", ActiveSupport::SecurityUtils => "ActiveSupport" }.each do |owner, name|
      owner.singleton_class.prepend(Module.new { define_method(:secure_compare) { |a, b| COMPARED << name; super(a, b) } })
    end
    controller = Class.new(ActionController::API) do
      include Litestream::Admin::BasicAuthentication

      def show = render(plain: "inside")
    end
    answers = JSON.parse(ENV.fetch("VISITORS")).map do |name, password, accept|
      COMPARED.clear
      env = Rack::MockRequest.env_for("/", "HTTP_ACCEPT" => accept || "application/json")
      env["HTTP_AUTHORIZATION"] = ActionController::HttpAuthentication::Basic.encode_credentials(name, password) if name
      status, headers, body = controller.action(:show).call(env)
      { status: status, headers: headers.to_h.transform_keys(&:downcase), body: body.to_enum.to_a.join, compared: COMPARED }.as_json
    end
    puts JSON.generate(answers)
  RUBY

  def answers(*visitors, **variables)
    app = new_app(variables: store.environment.merge(variables.transform_keys(&:to_s)))
    JSON.parse(app.rails!("runner", program, variables: { "VISITORS" => JSON.generate(visitors) }).out.lines.last)
  end

  let(:secrets) { { LITESTREAM_USERNAME: "keeper", LITESTREAM_PASSWORD: "sesame" } }

  it "accepts the right name and password, and takes the same time for every wrong one of any length" do
    right, *wrong = answers(%w[keeper sesame], %w[keeper wrong], %w[other sesame], ["keeper", ""], ["x" * 1000, "x" * 1000], **secrets)
    expect(right).to include("status" => 200, "body" => "inside")
    expect(wrong).to all include("status" => 401)
    # Active Support's comparison ends at once where the lengths differ.
    expect([right, *wrong].map { |answer| answer["compared"] }.uniq).to eq [%w[OpenSSL OpenSSL]]
  end

  it "refuses every request where there is no password" do
    expect(answers(["litestream", ""], %w[litestream litestream], [nil, nil])).to all include("status" => 401)
  end

  it "asks browsers for the password, and answers programs in JSON" do
    browser, *programs = answers([nil, nil, "text/html,*/*;q=0.8"], [nil, nil, "application/json"], ["keeper", "wrong", "*/*"], **secrets)
    expect([browser, *programs].map { |answer| answer["headers"]["www-authenticate"] }.uniq).to eq ['Basic realm="Litestream"']
    expect(browser).to include("headers" => a_hash_including("content-type" => /plain/), "body" => "The name or the password is wrong.\n")
    programs.each do |answer|
      expect(answer["headers"]["content-type"]).to start_with("application/json")
      expect(JSON.parse(answer["body"])).to eq("success" => false, "error" => "The name or the password is wrong.")
    end
  end
end
